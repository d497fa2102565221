// Package starter writes a small site with a login: the program of docs/login.md.
package starter

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:generate go run generate.go

// files are copies of the programs in examples, which the tests compile and run: "site" is
// examples/guide-login, and beside it is the routes.go of each router.
//
//go:embed all:files
var files embed.FS

// suffix keeps the copies from being compiled.
const suffix = ".txt"

// Routers returns the names of the routers that a site can have. Without one, it has that
// of net/http.
func Routers() []string {
	entries, _ := files.ReadDir("files/routers") // it is embedded
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// SettingsFile is the name of the settings of a site.
const SettingsFile = "jamsession.toml"

// OwnPages are the settings of a site, which name its own pages for the login.
func OwnPages() string {
	text, _ := files.ReadFile("files/site/" + SettingsFile + suffix) // it is embedded
	_, lines, _ := strings.Cut(string(text), "\n\n")                 // below a comment
	return lines
}

// Write writes the site into a folder, which it makes if need be, and returns the names of
// its files. It overwrites nothing: if one of the files is there, it writes none.
func Write(dir, router string) ([]string, error) {
	site, err := siteFiles(router)
	if err != nil {
		return nil, err
	}
	return write(dir, site)
}

// WriteBesideDjango writes a site with these settings. Its tables are Django's, and so it
// has neither a key that is made up nor the test of the site, which makes tables.
func WriteBesideDjango(dir, router, settings string) ([]string, error) {
	site, err := siteFiles(router)
	if err != nil {
		return nil, err
	}
	delete(site, "main_test.go")
	site[SettingsFile] = []byte(settings)
	return write(dir, site)
}

// WriteSettings writes the file with the settings alone.
func WriteSettings(dir, settings string) ([]string, error) {
	return write(dir, map[string][]byte{SettingsFile: []byte(settings)})
}

// siteFiles returns the files of a site by their names.
func siteFiles(router string) (map[string][]byte, error) {
	site, err := read("files/site")
	if err != nil {
		return nil, err
	}
	if router != "" {
		if !slices.Contains(Routers(), router) {
			return nil, fmt.Errorf("there is no router %q; there are %s",
				router, strings.Join(Routers(), ", "))
		}
		other, err := read("files/routers/" + router)
		if err != nil {
			return nil, err
		}
		for name, text := range other {
			site[name] = text
		}
	}
	return site, nil
}

// read returns the files of a folder by their names.
func read(folder string) (map[string][]byte, error) {
	texts := make(map[string][]byte)
	err := fs.WalkDir(files, folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		texts[strings.TrimSuffix(strings.TrimPrefix(path, folder+"/"), suffix)] = text
		return err
	})
	return texts, err
}

// write writes files, all or none of which are new.
func write(dir string, texts map[string][]byte) ([]string, error) {
	var names, there []string
	for name := range texts {
		names = append(names, name)
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			there = append(there, name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	slices.Sort(names)
	slices.Sort(there)
	if len(there) > 0 {
		return nil, fmt.Errorf("%s already has %s, and nothing is overwritten: choose an empty folder",
			dir, strings.Join(there, ", "))
	}
	for _, name := range names {
		if err := writeNew(filepath.Join(dir, name), texts[name]); err != nil {
			return nil, err
		}
	}
	return names, nil
}

func writeNew(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
