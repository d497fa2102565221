package secretitem_test

import (
	"testing"

	"github.com/jamsession/jamsession/internal/secretitem"
)

// TestNamesOfSecrets in the spellings of Django, allauth, factors, OAuth and JavaScript.
func TestNamesOfSecrets(t *testing.T) {
	for _, name := range []string{
		"_auth_user_hash", "password_hash", "HASH", "_csrftoken", "_password_reset_token", "_password_reset_key",
		"account_login", "account_verified_email", "socialaccount_state", "socialaccount_sociallogin", "mfa.webauthn.state",
		"otp_device_id", "otp", "email-otp", "totpUri", "_passkey", "webauthn_challenge", "code_verifier", "nonce",
		"oauth_state", "google-oauth2_state", "state", "login_code", "smsCode", "code2", "PIN", "recovery", "apiKey", "APIToken",
		"accessToken", "Authorization", "sessionid", "session_id", "cookies", "passphrase", "pass", "db-pwd", "jwt",
	} {
		if !secretitem.Is(name) {
			t.Errorf("%s is shown", name)
		}
	}
	for _, name := range []string{
		"_auth_user_id", "_auth_user_backend", "_session_expiry", "_login_time", "_device", "_language", "django_timezone", "cart",
		"status", "compass", "estate", "encoded", "shopping", "decodes", "_messages", "wizard_contact", "next", "author",
	} {
		if secretitem.Is(name) {
			t.Errorf("%s is hidden", name)
		}
	}
}
