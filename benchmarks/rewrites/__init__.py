"""Are the statements that findings offer right? Random schemas and statements, both forms run on rows of their own."""
