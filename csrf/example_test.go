package csrf_test

import (
	"fmt"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/jamsession/jamsession/csrf"
)

func ExampleProtection() {
	protection, err := csrf.New(&csrf.Options{
		TrustedOrigins: []string{"https://*.example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}
	pay := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "paid")
	})
	server := httptest.NewTLSServer(protection.Handler(pay))
	defer server.Close()

	// A page of another site has the visitor's browser send this.
	form := strings.NewReader("amount=1000")
	r, err := http.NewRequest("POST", server.URL, form)
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Origin", "https://evil.example")
	r.Header.Set("Accept", "application/json")
	res, err := server.Client().Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	reason, err := io.ReadAll(res.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n%s", res.Status, reason)
	// Output:
	// 403 Forbidden
	// {"error":"csrf","reason":"Origin checking failed - https://evil.example does not match any trusted origins."}
}

func ExampleTemplateField() {
	page := template.Must(template.New("page").Parse(
		`<form method="post">{{.}}<button>Pay</button></form>`))
	show := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = page.Execute(w, csrf.TemplateField(r))
	})
	protection, err := csrf.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	w := httptest.NewRecorder()
	protection.Handler(show).ServeHTTP(w, httptest.NewRequest("GET", "/pay", nil))
	token := regexp.MustCompile(`value="\w{64}"`)
	fmt.Println(token.ReplaceAllString(w.Body.String(), `value="..."`))
	// Output: <form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="..."><button>Pay</button></form>
}
