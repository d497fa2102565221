package conf

import (
	"fmt"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/messages"
)

// mostStoreTimeout is less than the time that visitors and proxies wait.
const mostStoreTimeout = 30 * time.Second

// checkLimits asks how much one visitor can try, and take.
func (s *Settings) checkLimits() []Finding {
	var findings []Finding
	if s.LoginLimitStore == "memory" || s.LoginLimitStore == "none" {
		findings = append(findings, warn("jamsession.W005",
			"LOGIN_LIMIT_STORE is "+s.LoginLimitStore+": guesses of passwords are not counted, or "+
				"each process counts for itself.", "Set it to db, or to cache with Redis.")...)
	}
	if s.NewSessionLimit.Burst == 0 {
		findings = append(findings, warn("jamsession.W053",
			"NEW_SESSION_LIMIT is none: one visitor can fill the store with sessions.",
			"Remove the setting.")...)
	}
	if s.StoreTimeout > mostStoreTimeout {
		findings = append(findings, warn("jamsession.W054",
			"STORE_TIMEOUT is more than half a minute: requests wait that long for a server that "+
				"does not answer.",
			"Remove the setting, which is then 5.")...)
	}
	for _, l := range []struct {
		name, what string
		is         throttle.Limit
		burst      int // the most that passes without a finding
		day        int64
		hint       string
	}{
		{"LOGIN_LIMIT_ACCOUNT", "guesses on one name", s.LoginLimitAccount, 100, 1000, "10/300"},
		{"LOGIN_LIMIT_SOURCE", "guesses from one address", s.LoginLimitSource, 1000, 100_000, "50/2"},
		{"PASSWORD_RESET_LIMIT", "mails to one address", s.PasswordResetLimit, 50, 500, "5/1200"},
		{"SIGNUP_LIMIT", "sign-ups from one address", s.SignUpLimit, 1000, 10_000, "20/60"},
	} {
		if day := perDay(l.is); l.is.Burst > l.burst || day > l.day {
			findings = append(findings, warn("jamsession.W050",
				fmt.Sprintf("%s allows %d %s at once, and %d more a day.", l.name, l.is.Burst, l.what, day),
				"Remove the setting, which is then "+l.hint+".")...)
		}
	}
	return findings
}

// perDay returns how many attempts come back in a day.
func perDay(l throttle.Limit) int64 {
	if l.Every <= 0 {
		return 0
	}
	return int64(24 * time.Hour / l.Every)
}

// checkMessages asks what visitors get to see.
func (s *Settings) checkMessages() []Finding {
	var findings []Finding
	if s.MessageStorage == messages.StorageCookie {
		findings = append(findings, warn("jamsession.W051",
			"MESSAGE_STORAGE is cookie: the browser keeps the texts of messages unencrypted, and "+
				"a logout leaves them there.",
			"Set it to session.")...)
	}
	if s.MessageLevel < messages.LevelInfo {
		findings = append(findings, warn("jamsession.W052",
			"MESSAGE_LEVEL lets messages for debugging through to visitors.", "Remove the setting, "+
				"or set it to 20.")...)
	}
	return findings
}
