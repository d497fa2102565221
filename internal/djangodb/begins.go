package djangodb

import "strings"

// lastRune sorts after every text that goes on with another character.
const lastRune = "\U0010FFFF"

// Begins returns the condition that a column of text begins with a prefix, what to bind for it,
// and the order of the index that it uses. Django has made that index for columns that are
// unique. If anyCase, the index is that of [EmailIndex]; PostgreSQL, whose order depends on a
// language, reads all rows then.
func (d Dialect) Begins(column, prefix string, anyCase bool) (where, order string, args []any) {
	if !dialects[d].upper { // the collation decides about the case
		return column + " LIKE ?", column, []any{likeEscaper.Replace(prefix) + "%"}
	}
	param, least, below, order := "?", ">=", "<", ""
	if anyCase {
		column, param = "UPPER("+column+")", "UPPER(?)"
	}
	if d == PostgreSQL {
		least, below, order = "~>=~", "~<~", " USING ~<~"
	}
	return column + " " + least + " " + param + " AND " + column + " " + below + " " + param,
		column + order, []any{prefix, prefix + lastRune}
}

// likeEscaper has a text stand for itself in LIKE.
var likeEscaper = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)
