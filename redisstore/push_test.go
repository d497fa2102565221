package redisstore_test

import (
	"testing"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/pushtest"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/redisstore"
)

func pushOn(t *testing.T, url, channel string) *redisstore.Push {
	t.Helper()
	client := noerror.In(redisstore.Dial(t.Context(), url))
	t.Cleanup(client.Close)
	return noerror.In(redisstore.NewPush(client, channel))
}

func TestPush(t *testing.T) {
	pushtest.Run(t, func(t *testing.T, channel string) pushtest.Push { return pushOn(t, tcp(t), channel) })
	t.Run("the server is killed", func(t *testing.T) {
		server := servertest.StartRedis(t)
		pushtest.RunLoss(t, pushOn(t, "redis://"+server.Addr, "loss"), func() {
			server.Kill()
			server.Start(t)
		})
	})
}

// TestPushOnOneClient: two of them do not disturb each other, nor what else uses the client.
func TestPushOnOneClient(t *testing.T) {
	client := noerror.In(rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{servertest.Redis(t).Addr}, DisableCache: true,
	}))
	t.Cleanup(client.Close)
	pushtest.Run(t, func(_ *testing.T, channel string) pushtest.Push {
		return noerror.In(redisstore.NewPush(client, channel))
	})
}

// TestPushThatCannotBe says what is missing.
func TestPushThatCannotBe(t *testing.T) {
	if _, err := redisstore.NewPush(nil, "x"); err == nil {
		t.Error("a Push without a client")
	}
	client := noerror.In(redisstore.Dial(t.Context(), tcp(t)))
	t.Cleanup(client.Close)
	if _, err := redisstore.NewPush(client, ""); err == nil {
		t.Error("a Push without a channel")
	}
}
