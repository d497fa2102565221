package csrf

// What Django's answers are about and users need not see.
const (
	Alphabet     = alphabet
	SecretLength = secretLength
	TokenLength  = tokenLength
	ItemName     = string(secretItem)
)

var (
	Mask       = mask
	ParseToken = parseToken
	SameDomain = sameDomain
	NewSecret  = newSecret
)
