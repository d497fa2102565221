package usermodel_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jamsession/jamsession/internal/usermodel"
)

func TestSplit(t *testing.T) {
	for name, want := range map[string]string{
		"auth.User": "auth user", "crew.Member": "crew member", "My_App.CrewMember": "my_app crewmember",
		"": "", "User": "", "a.b.c": "", "crew.": "", ".User": "", "crew.Mem ber": "", "crew.1": "",
	} {
		app, model, err := usermodel.Split(name)
		if got := strings.TrimSpace(app + " " + model); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		entries []string
		want    map[string]string
		fault   string
	}{
		{nil, map[string]string{}, ""},
		{[]string{"id=member_no", " username = email ", "first_name="}, map[string]string{
			"id": "member_no", "username": "email", "first_name": "",
		}, ""},
		{[]string{"id"}, nil, "want field=column"},
		{[]string{"id=a", "id=b"}, nil, "id is there twice"},
		{[]string{"phone=phone"}, nil, `no field "phone"; there are id,`},
		{[]string{"password="}, nil, "password needs a column"},
		{[]string{`id=a"b`}, nil, "column of id: want a name without quotes"},
		{[]string{"email=a?"}, nil, "column of email: want a name without quotes"},
	} {
		got, err := usermodel.Columns(c.entries)
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%q: %v, want %s", c.entries, err, c.fault)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", c.entries, err, diff)
		}
	}
}

func TestParseLink(t *testing.T) {
	for text, want := range map[string]usermodel.Link{
		"":                                       {},
		"none":                                   {None: true},
		"crew_member_groups(member_id,group_id)": {Table: "crew_member_groups", User: "member_id", Other: "group_id"},
		" t ( a , b ) ":                          {Table: "t", User: "a", Other: "b"},
	} {
		if got, err := usermodel.ParseLink(text); got != want || err != nil {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"t", "t()", "t(a)", "t(a,b,c)", "t(a,b) x", "(a,b)", "t(a,`b)", "none(a"} {
		if got, err := usermodel.ParseLink(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
