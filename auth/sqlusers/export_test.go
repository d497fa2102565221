package sqlusers

// The errors of this package, which are those of package auth, too.
var (
	ErrInvalid    = errInvalid
	ErrUserExists = errUserExists
)

// FloorColumns is what each user is loaded with.
func (u *Users) FloorColumns() string { return u.table.floorColumns(true) }

// SelectByEmail is the statement by which ByEmail searches.
func (u *Users) SelectByEmail() string { return u.db.Dialect.Rebind(u.table.selectByEmail(true)) }

// NormalizeEmail is the form in which Create and Update store an address.
var NormalizeEmail = normalizeEmail
