SELECT count(*)
  FROM book
	WHERE tags @> ARRAY['x'] OR detail ->> 'k' = '3' /* controller='books',action='list' */