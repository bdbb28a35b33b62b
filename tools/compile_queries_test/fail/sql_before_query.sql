-- fails: 2: SQL before the first
delete from shelf;
