package setcookie

var AutoSecure = autoSecure
