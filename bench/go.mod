module github.com/jamsession/jamsession/bench

go 1.26.0

require github.com/jamsession/jamsession v0.0.0

replace github.com/jamsession/jamsession => ../
