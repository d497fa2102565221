package djangodb

import "strings"

// lastRune sorts after every text that goes on with another character.
const lastRune = "\U0010FFFF"

// Begins returns the condition that a column of text begins with a prefix, what to bind for it,
// and the order of the index that it uses, which Django has made for columns that are unique.
func (d Dialect) Begins(column, prefix string) (where, order string, args []any) {
	switch d {
	case MySQL: // whose collation decides about the case
		return column + " LIKE ?", column, []any{likeEscaper.Replace(prefix) + "%"}
	case PostgreSQL:
		return column + " ~>=~ ? AND " + column + " ~<~ ?", column + " USING ~<~",
			[]any{prefix, prefix + lastRune}
	default:
		return column + " >= ? AND " + column + " < ?", column, []any{prefix, prefix + lastRune}
	}
}

// BeginsAnyCase is [Dialect.Begins] in any case, by an [EmailIndex]. On PostgreSQL, where the order
// is that of a language, it only says where such texts begin: others are between and behind them.
func (d Dialect) BeginsAnyCase(column, prefix string) (where, order string, args []any) {
	upper := "UPPER(" + column + ")"
	switch d {
	case MySQL:
		return d.Begins(column, prefix)
	case PostgreSQL:
		return upper + " >= UPPER(?)", upper, []any{prefix}
	default:
		return upper + " >= UPPER(?) AND " + upper + " < UPPER(?)", upper, []any{prefix, prefix + lastRune}
	}
}

// likeEscaper has a text stand for itself in LIKE.
var likeEscaper = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)
