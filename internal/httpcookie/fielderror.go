package httpcookie

// A FieldError says which field of cookie.Options is wrong, and why: a setting
// has another name than the field.
type FieldError struct {
	Field  string // of cookie.Options: "Domain"
	Reason string // what browsers do not accept, and what to write
}

// Error returns the field and the reason.
func (e *FieldError) Error() string { return "cookie: " + e.Field + ": " + e.Reason }
