package djangodb

import "strings"

// UUID is the parameter for a UUID as text, where a column has that type, before
// [Dialect.Rebind].
func (d Dialect) UUID() string {
	if d == PostgreSQL {
		return "CAST(? AS uuid)"
	}
	return "?"
}

// KeyText returns the SQL expression for a key of text, to be compared byte for byte
// with a column of ours.
func (d Dialect) KeyText(column string) string {
	if d == MySQL { // the column may have a collation that takes others for the same
		return "CONVERT(" + column + " USING utf8mb4) COLLATE utf8mb4_bin"
	}
	return d.Text(column)
}

// HexText is [Dialect.KeyText] for a UUID in a column of 32 hex digits: with hyphens,
// in lower case.
func (d Dialect) HexText(column string) string {
	part := func(from, length string) string { return "SUBSTR(" + column + ", " + from + ", " + length + ")" }
	parts := []string{part("1", "8"), part("9", "4"), part("13", "4"), part("17", "4"), part("21", "12")}
	if d != MySQL {
		return "LOWER(" + strings.Join(parts, " || '-' || ") + ")"
	}
	return d.KeyText("LOWER(CONCAT_WS('-', " + strings.Join(parts, ", ") + "))")
}
