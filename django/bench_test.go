package django_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/noerror"
)

// BenchmarkOpenPickled opens and decodes a value of Django's cache with one long text, or
// with many items.
func BenchmarkOpenPickled(b *testing.B) {
	many := []string{}
	for i := range 2000 {
		many = append(many, fmt.Sprintf(`"item %d":[%d,"text %d",null]`, i, i, i))
	}
	for name, items := range map[string]string{
		"text": `{"_auth_user_id":"1","pad":"` + strings.Repeat("x", 64<<10) + `"}`,
		"many": "{" + strings.Join(many, ",") + "}",
	} {
		b.Run(name, func(b *testing.B) {
			codec := django.Pickled()
			format := cachevalue.For(codec)
			value := format.Seal(noerror.In(codec.Encode([]byte(items))), time.Now())
			b.SetBytes(int64(len(value)))
			b.ReportAllocs()
			for b.Loop() {
				data, _, _ := format.Open(value)
				if _, err := codec.Decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
