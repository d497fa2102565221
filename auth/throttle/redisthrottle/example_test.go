package redisthrottle_test

import (
	"log"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/redisthrottle"
)

func ExampleNew() {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:  []string{"localhost:6379"},
		DisableCache: true, // buckets are never read but on the server
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	limiter, err := throttle.New(redisthrottle.New(client, nil), "the site's SECRET_KEY, which is longer", nil)
	if err != nil {
		log.Fatal(err)
	}
	_ = limiter // see package throttle
}
