package password_test

import (
	"errors"
	"testing"

	"github.com/jamsession/jamsession/auth/password"
)

// TestCrypt reads what crypt(3) of the C library has written.
func TestCrypt(t *testing.T) {
	for _, c := range []struct{ password, encoded string }{
		{"secret", "crypt$$abNANd1rDfiNc"},
		{"пароль", "crypt$$ZzhuJ273CIEp."},
		{"", "crypt$$..X8NBuQ4l6uQ"},
		{"longer than eight", "crypt$$a/gdYJ.gv1FAc"},
		{"longer t, and then another end", "crypt$$a/gdYJ.gv1FAc"},
	} {
		if ok, err := old("crypt").Verify(c.password, c.encoded); !ok || err != nil {
			t.Errorf("%q, %q: Verify = %v, %v", c.password, c.encoded, ok, err)
		}
		if ok, err := old("crypt").Verify("x"+c.password, c.encoded); ok || err != nil {
			t.Errorf("a wrong password, %q: Verify = %v, %v", c.encoded, ok, err)
		}
	}
}

func TestBCryptReadsEachPrefix(t *testing.T) {
	const rest = "$04$abcdefghijklmnopqrstuuraR8y8jUb0UMmCc9fwl/YxKZSpSs52u"
	for _, prefix := range []string{"$2a", "$2b", "$2y"} {
		if ok, err := must(password.BCryptSHA256(0)).Verify("secret", "bcrypt_sha256$"+prefix+rest); !ok || err != nil {
			t.Errorf("%s: Verify = %v, %v", prefix, ok, err)
		}
	}
}

func TestMalformedStringsAreRefused(t *testing.T) {
	const b64 = "TiyaeXLh2tvKATp1sZPfxrKyIZRerx2Fa1eogszdwX6DlsS/TiqTAm3lb0SVtjCJC4nBlx2N6lP2kLL9APpExg=="
	for hasher, list := range map[password.Hasher][]string{
		must(password.Argon2(0, 0, 0, 0)): {
			"argon2$argon2x$v=19$m=64,t=1,p=1$YWJjZGVmZ2g$GgnGBjWBEB4W7ddkQm6v1g",
			"argon2$argon2id$v=18$m=64,t=1,p=1$YWJjZGVmZ2g$GgnGBjWBEB4W7ddkQm6v1g",
			"argon2$argon2id$v=19$m=64,t=0,p=1$YWJjZGVmZ2g$GgnGBjWBEB4W7ddkQm6v1g",
			"argon2$argon2id$v=19$m=7,t=1,p=1$YWJjZGVmZ2g$GgnGBjWBEB4W7ddkQm6v1g",
			"argon2$argon2id$v=19$m=064,t=1,p=1$YWJjZGVmZ2g$GgnGBjWBEB4W7ddkQm6v1g",
			"argon2$argon2id$v=19$m=64,t=1,p=1$YWJjZGVmZ2g$YQ",
			"argon2$argon2id$v=19$m=64,t=1,p=1,x=1$YWJjZGVmZ2g$GgnGBjWBEB4W7ddkQm6v1g",
			"argon2$argon2id$v=19$m=1048584,t=1,p=1$YWJjZGVmZ2g$GgnGBjWBEB4W7ddkQm6v1g", // memory alone
			"argon2$argon2id$v=19$m=4194304,t=1,p=1$YWJjZGVmZ2g$GgnGBjWBEB4W7ddkQm6v1g",
		},
		must(password.PBKDF2SHA256(0)): {
			"pbkdf2_sha256$10000001$salt$" + b64[:43] + "=", "pbkdf2_sha256$0$salt$" + b64[:43] + "=",
			"pbkdf2_sha256$-1$salt$" + b64[:43] + "=", "pbkdf2_sha256$1$salt$" + b64[:42],
		},
		must(password.Scrypt(0, 0, 0)): {
			"scrypt$15$salt$8$1$" + b64, "scrypt$0$salt$8$1$" + b64, "scrypt$1$salt$8$1$" + b64,
			"scrypt$16$$8$1$" + b64, "scrypt$16$salt$0$1$" + b64, "scrypt$16$salt$8$0$" + b64,
			"scrypt$16$salt$8$1$" + b64[1:], "scrypt$-16$salt$8$1$" + b64,
			"scrypt$1099511627776$salt$8$1$" + b64, "scrypt$16$salt$9999999999$9999999999$" + b64,
		},
		must(password.BCryptSHA256(0)): {
			"bcrypt_sha256$$2b$03$abcdefghijklmnopqrstuuraR8y8jUb0UMmCc9fwl/YxKZSpSs52u",
			"bcrypt_sha256$$2b$16$abcdefghijklmnopqrstuuraR8y8jUb0UMmCc9fwl/YxKZSpSs52u",
			"bcrypt_sha256$$2x$04$abcdefghijklmnopqrstuuraR8y8jUb0UMmCc9fwl/YxKZSpSs52u",
			"bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuu",
		},
		old("md5"):           {"md5$salt$zz", "md5$salt$59549c8e6897dd44401a081434b86c9", "md5$59549c8e"},
		old("sha1"):          {"sha1$salt$59549c8e6897dd44401a081434b86c95"},
		old("unsalted_md5"):  {"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"},
		old("unsalted_sha1"): {"sha1$$zz"},
		old("crypt"):         {"crypt$$ab", "crypt$x$abNANd1rDfiNc", "crypt$$\x00\x00NANd1rDfiNc"},
	} {
		for _, encoded := range list {
			if ok, err := hasher.Verify("secret", encoded); ok || !errors.Is(err, password.ErrMalformed) {
				t.Errorf("%q: Verify = %v, %v; want ErrMalformed", encoded, ok, err)
			}
			if work, memory := hasher.Cost(encoded); work != 0 || memory != 0 {
				t.Errorf("%q claims the cost %d, %d", encoded, work, memory)
			}
		}
	}
}
