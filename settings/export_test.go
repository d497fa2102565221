package settings

// AllowsHost is for the tests.
func (s *Settings) AllowsHost(header string) bool { return s.allowsHost(header) }
