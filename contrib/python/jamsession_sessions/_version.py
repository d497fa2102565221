"""The version of the package, which can be read without Django."""

VERSION = "1.0.0"
