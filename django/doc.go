// Package django matches Django byte for byte, for sites that share their sessions with a
// Django project. Other sites do not need it.
//
// A Django project keeps its sessions in the table django_session. This
// program reads and writes the same ones: a visitor who logs in there is
// logged in here.
//
//	store, err := sqlstore.New(ctx, db, nil)
//	if err != nil {
//		log.Fatal(err)
//	}
//	keys, err := secret.NewKeys(os.Getenv("SECRET_KEY"))
//	if err != nil {
//		log.Fatal(err)
//	}
//	codec, err := django.Signed(keys)
//	...
//	sessions, err := session.New(store, &session.Options{Codec: codec})
//	...
//
// # What is matched
//
// [Signed] reads what Django 3.1 and later write, and writes what they read. Values that
// this program did not change are written back as they were: 1.0 stays a float, integers
// keep all their digits, the order of items is kept. Where Django compresses, the
// compressed bytes may differ, since they depend on the library; their contents do not.
//
// # What is not
//
// Sessions in the format of Django 3.0 and before, sessions signed with SHA-1
// and sessions of the PickleSerializer are not read: Django gave all three
// up. They are empty here, as they are there.
//
// # Keys
//
// The key is Django's SECRET_KEY. Anyone who has it can forge any session. To change it,
// put the new one first and the old one after it for as long as sessions live, on both
// sides (Django's SECRET_KEY_FALLBACKS):
//
//	keys, err := secret.NewKeys(newKey, oldKey)
package django
