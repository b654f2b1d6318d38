// Stands in for a polyfill that would be fetched: browsers of today need none.
