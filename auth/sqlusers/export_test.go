package sqlusers

// FloorColumns is what each user is loaded with.
func FloorColumns(d Dialect) string { return floorColumns(d, true) }
