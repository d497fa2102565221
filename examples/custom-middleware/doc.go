// Package custommiddleware has the three middlewares that
// docs/custom-middleware.md explains.
package custommiddleware
