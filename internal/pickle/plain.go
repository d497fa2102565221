package pickle

// IsPlain reports whether a value, which [Loads] has returned, is what JSON has
// words for, so that it can be written as JSON and read again without a loss.
func IsPlain(v Value) bool {
	switch v := v.(type) {
	case *List:
		for _, item := range v.Items {
			if !IsPlain(item) {
				return false
			}
		}
		return true
	case *Dict:
		for _, p := range v.Pairs {
			if _, named := p.Key.(string); !named || !IsPlain(p.Value) {
				return false
			}
		}
		return true
	case Bytes, ByteArray, Tuple, *Set, Call, Opaque:
		return false
	}
	return true
}
