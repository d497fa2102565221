package sqlusers

// FloorColumns is what each user is loaded with.
func FloorColumns(d Dialect) string { return floorColumns(d, true) }

// SelectByEmail is the statement by which ByEmail searches.
func SelectByEmail(d Dialect) string { return d.Rebind(selectByEmail(d, true)) }
