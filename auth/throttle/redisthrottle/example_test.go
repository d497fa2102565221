package redisthrottle_test

import (
	"log"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/redisthrottle"
	"github.com/jamsession/jamsession/secret"
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

	keys, err := secret.NewKeys("the site's SECRET_KEY, which is longer")
	if err != nil {
		log.Fatal(err)
	}
	attempts, err := redisthrottle.New(client, nil)
	if err != nil {
		log.Fatal(err)
	}
	limiter, err := throttle.New(attempts, keys, nil)
	if err != nil {
		log.Fatal(err)
	}
	_ = limiter // see package throttle
}
