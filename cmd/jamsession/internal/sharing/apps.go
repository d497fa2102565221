package sharing

import (
	"slices"

	"github.com/jamsession/jamsession/internal/conf"
)

// silentBackends authenticate nobody, so that no session names them: they
// keep visitors out, or add permissions.
var silentBackends = []string{
	"axes.backends.AxesBackend", "axes.backends.AxesStandaloneBackend",
	"guardian.backends.ObjectPermissionBackend",
}

// apps says what packages do at Django only.
func (s site) apps() []conf.Finding {
	var findings []conf.Finding
	for _, a := range []struct {
		finding  string
		packages []string
	}{
		{"second_factor", []string{"two_factor", "django_otp"}},
		{"axes", []string{"axes"}},
		{"hijack", []string{"hijack"}},
		{"guardian", []string{"guardian"}},
	} {
		if i := slices.IndexFunc(a.packages, s.isInstalled); i >= 0 {
			findings = append(findings, s.finding(a.finding, fields{"Package": a.packages[i]})...)
		}
	}
	return findings
}

// usersessions is allauth's list of logins, which a program can share.
const usersessions = "allauth.usersessions"

// deviceLines has devices in the table that Django has for them, if there is one.
func (s site) deviceLines() []line {
	engine, known := s.djangoEngine()
	if !s.isInstalled(usersessions) || !known || engine == "signed_cookies" {
		return nil
	}
	return []line{quoted("DEVICES", "allauth")}
}

// devices notices that each side has a list of its own.
func (s site) devices() []conf.Finding {
	if len(s.deviceLines()) == 0 || s.here.Devices != "auto" && s.here.Devices != "db" {
		return nil
	}
	return s.finding("two_lists_of_devices", fields{"Here": s.here.Devices})
}

func (s site) isInstalled(name string) bool {
	_, ok := s.facts.Installed[name]
	return ok
}
