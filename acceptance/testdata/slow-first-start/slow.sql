select pg_sleep(25);
