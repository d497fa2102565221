//go:build ignore

// Generate copies the programs that jamsession init writes out of examples.
package main

import (
	"log"
	"os"
	"path/filepath"
)

const examples = "../../../../examples/"

// site are the files of the program of docs/login.md, without what its later steps add.
var site = []string{
	"main.go", "routes.go", "login.go", "pages.go", "main_test.go", "jamsession.toml", "gitignore",
	"pages/base.html", "pages/home.html", "pages/private.html", "pages/login.html", "pages/style.css",
}

func main() {
	if err := os.RemoveAll("files"); err != nil {
		log.Fatal(err)
	}
	for _, name := range site {
		to := name
		if name == "gitignore" { // which does not hide what the example itself makes
			to = ".gitignore"
		}
		copyTo(filepath.Join("files/site", to), examples+"guide-login/"+name)
	}
	for _, name := range []string{"routes.go", "adapter.go"} { // which one of them has
		routers, err := filepath.Glob(examples + "routers/*/" + name)
		if err != nil {
			log.Fatal(err)
		}
		for _, file := range routers {
			copyTo(filepath.Join("files/routers", filepath.Base(filepath.Dir(file)), name), file)
		}
	}
}

func copyTo(to, from string) {
	text, err := os.ReadFile(from)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(to+".txt", text, 0o644); err != nil {
		log.Fatal(err)
	}
}
