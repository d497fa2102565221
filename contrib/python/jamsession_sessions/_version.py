"""The version of the package, which can be read without Django."""

VERSION = "0.1.0"
