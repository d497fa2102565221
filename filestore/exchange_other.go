//go:build !linux

package filestore

import (
	"errors"
	"os"
)

func exchangeFiles(*os.File, string, string) error { return errors.ErrUnsupported }
