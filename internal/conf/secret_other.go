//go:build !windows

package conf

// permissionsCount says whether a file's mode tells who can read it.
const permissionsCount = true
