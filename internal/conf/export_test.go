package conf

var Hint = hint
