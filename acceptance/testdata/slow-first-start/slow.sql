select pg_sleep(40);
