-- What a Linger of schema 1 wrote. Kept as it is: a later Linger must read it.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = 1280198482;
PRAGMA journal_mode = WAL;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1');
CREATE TABLE host (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, boot TEXT NOT NULL, kernel TEXT NOT NULL,
  first_seen_us INTEGER NOT NULL, last_seen_us INTEGER NOT NULL, UNIQUE (name, boot));
INSERT INTO host VALUES(1,'db1','7d5b8f0e-6c0e-4e6a-9a51-0f8a0c7f2c11','6.1.0',1760000000000000,1760000010000000);
CREATE TABLE state (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO state VALUES(1,'established');
INSERT INTO state VALUES(2,'syn_sent');
INSERT INTO state VALUES(3,'syn_rcvd');
INSERT INTO state VALUES(4,'fin_wait_1');
INSERT INTO state VALUES(5,'fin_wait_2');
INSERT INTO state VALUES(6,'time_wait');
INSERT INTO state VALUES(7,'closed');
INSERT INTO state VALUES(8,'close_wait');
INSERT INTO state VALUES(9,'last_ack');
INSERT INTO state VALUES(10,'listen');
INSERT INTO state VALUES(11,'closing');
CREATE TABLE text (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE, used INTEGER NOT NULL);
INSERT INTO text VALUES(1,'syn_rcvd established close_wait',29333333);
INSERT INTO text VALUES(2,replace('handleRequest() server.py:1\nmain() server.py:12\n__libc_start_main','\n',char(10)),29333333);
INSERT INTO text VALUES(3,replace('handleRequest() server.py:2\nmain() server.py:12\n__libc_start_main','\n',char(10)),29333333);
CREATE TABLE process (
  id INTEGER PRIMARY KEY, host INTEGER NOT NULL, pid INTEGER NOT NULL, start_ticks INTEGER NOT NULL,
  program TEXT NOT NULL, command_line TEXT, user TEXT, unit TEXT, container TEXT, used INTEGER NOT NULL,
  UNIQUE (pid, start_ticks, program, host));
INSERT INTO process VALUES(1,1,801,4711,'app1',NULL,NULL,NULL,NULL,29333333);
INSERT INTO process VALUES(2,1,802,4711,'app2',NULL,NULL,NULL,NULL,29333333);
INSERT INTO process VALUES(3,1,803,4711,'app3',NULL,NULL,NULL,NULL,29333333);
CREATE TABLE way (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, place TEXT NOT NULL, UNIQUE (place, kind));
INSERT INTO way VALUES(1,'destination','10.0.0.1:5432');
INSERT INTO way VALUES(2,'destination','10.0.0.2:5432');
INSERT INTO way VALUES(3,'destination','10.0.0.3:5432');
CREATE TABLE series (
  id INTEGER PRIMARY KEY, host INTEGER NOT NULL, process INTEGER NOT NULL, program TEXT NOT NULL,
  way INTEGER NOT NULL, state INTEGER NOT NULL, netns INTEGER NOT NULL, used INTEGER NOT NULL,
  UNIQUE (process, way, state, program, netns, host));
INSERT INTO series VALUES(1,1,1,'app1',1,1,4026531840,29333333);
INSERT INTO series VALUES(2,1,2,'app2',2,1,4026531840,29333333);
INSERT INTO series VALUES(3,1,3,'app3',3,1,4026531840,29333333);
CREATE TABLE minute (
  minute INTEGER NOT NULL, series INTEGER NOT NULL, count INTEGER NOT NULL, most INTEGER NOT NULL,
  opened INTEGER NOT NULL, closed INTEGER NOT NULL, p50_us INTEGER, p90_us INTEGER, p99_us INTEGER,
  PRIMARY KEY (minute, series)) WITHOUT ROWID;
INSERT INTO minute VALUES(29333333,1,1,1,3,2,900,18000,410000);
INSERT INTO minute VALUES(29333333,2,2,2,3,2,900,18000,410000);
INSERT INTO minute VALUES(29333333,3,3,3,3,2,900,18000,410000);
CREATE TABLE ten_minutes (
  minute INTEGER NOT NULL, series INTEGER NOT NULL, count INTEGER NOT NULL, most INTEGER NOT NULL,
  opened INTEGER NOT NULL, closed INTEGER NOT NULL, p50_us INTEGER, p90_us INTEGER, p99_us INTEGER,
  PRIMARY KEY (minute, series)) WITHOUT ROWID;
CREATE TABLE hour (
  minute INTEGER NOT NULL, series INTEGER NOT NULL, count INTEGER NOT NULL, most INTEGER NOT NULL,
  opened INTEGER NOT NULL, closed INTEGER NOT NULL, p50_us INTEGER, p90_us INTEGER, p99_us INTEGER,
  PRIMARY KEY (minute, series)) WITHOUT ROWID;
CREATE TABLE life (
  id INTEGER PRIMARY KEY, host INTEGER NOT NULL, reason TEXT NOT NULL, cookie INTEGER NOT NULL,
  netns INTEGER NOT NULL, local TEXT NOT NULL, remote TEXT NOT NULL, is_outgoing INTEGER, process INTEGER,
  descriptor INTEGER, began_us INTEGER, ended_us INTEGER NOT NULL, states INTEGER NOT NULL,
  entered TEXT NOT NULL, ending TEXT, closed_first TEXT, error INTEGER NOT NULL, bytes_acked INTEGER NOT NULL,
  bytes_received INTEGER NOT NULL, retransmissions INTEGER NOT NULL, stack INTEGER,
  began_before INTEGER NOT NULL, has_holes INTEGER NOT NULL);
INSERT INTO life VALUES(1,1,'reset_by_peer',4097,4026531840,'10.0.0.1:8080','10.0.1.1:1025',0,1,1,1760000000000700,1760000009000700,1,'0 85 4000000','reset_by_peer','peer',104,1500,90000,2,2,0,0);
INSERT INTO life VALUES(2,1,'reset_by_peer',4098,4026531840,'10.0.0.1:8080','10.0.2.2:1026',0,2,2,1760000000001400,1760000009001400,1,'0 85 4000000','reset_by_peer','peer',104,1500,90000,2,3,0,0);
CREATE TABLE finding (
  id INTEGER PRIMARY KEY, host INTEGER NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL,
  sentence TEXT NOT NULL, json TEXT NOT NULL, first_seen_us INTEGER NOT NULL, last_seen_us INTEGER NOT NULL,
  resolved_us INTEGER);
CREATE TABLE gap (
  id INTEGER PRIMARY KEY, host INTEGER NOT NULL, kind TEXT NOT NULL, from_us INTEGER NOT NULL,
  to_us INTEGER NOT NULL, count INTEGER NOT NULL, detail TEXT NOT NULL);
CREATE TABLE action (
  id INTEGER PRIMARY KEY, host INTEGER NOT NULL, time_us INTEGER NOT NULL, source TEXT NOT NULL,
  run TEXT NOT NULL, record TEXT NOT NULL, json TEXT NOT NULL);
INSERT INTO "action" VALUES(1,1,1760000000000001,'clear','1-2','act','{"record":"act","number":1}');
CREATE INDEX life_by_end ON life (ended_us);
CREATE INDEX life_by_cookie ON life (cookie);
CREATE UNIQUE INDEX finding_open ON finding (key, host) WHERE resolved_us IS NULL;
CREATE INDEX finding_by_time ON finding (last_seen_us);
CREATE INDEX gap_by_time ON gap (to_us);
CREATE INDEX action_by_time ON action (time_us);
CREATE VIEW counts AS
  SELECT c.minute, c.minutes, datetime(c.minute * 60, 'unixepoch') AS time, h.name AS host, s.program, p.pid,
    w.kind AS way, w.place, t.name AS state, s.netns, c.count, c.most, c.opened, c.closed, c.p50_us, c.p90_us,
    c.p99_us
  FROM (
    SELECT *, 1 AS minutes FROM minute UNION ALL SELECT *, 10 FROM ten_minutes
    UNION ALL SELECT *, 60 FROM hour) c
  JOIN series s ON s.id = c.series JOIN state t ON t.id = s.state JOIN way w ON w.id = s.way
  LEFT JOIN process p ON p.id = s.process LEFT JOIN host h ON h.id = s.host;
CREATE VIEW lives AS
  SELECT l.id, h.name AS host, l.reason, printf('%x', l.cookie) AS cookie, l.netns, l.local, l.remote,
    l.is_outgoing, p.pid, p.program, l.descriptor, datetime(l.began_us / 1000000, 'unixepoch') AS began,
    datetime(l.ended_us / 1000000, 'unixepoch') AS ended, n.value AS states, l.entered, l.ending,
    l.closed_first, l.error, l.bytes_acked, l.bytes_received, l.retransmissions, k.value AS stack
  FROM life l LEFT JOIN process p ON p.id = l.process LEFT JOIN text n ON n.id = l.states
  LEFT JOIN text k ON k.id = l.stack LEFT JOIN host h ON h.id = l.host;
INSERT INTO finding VALUES(1,1,'close_wait_leak 801','close_wait_leak','warning','app1 holds 812','{}',1760000000000000,1760000009000000,NULL);
INSERT INTO gap VALUES(1,1,'lost_transitions',1760000001000000,1760000002000000,12,'');
INSERT INTO ten_minutes VALUES(29333320,1,4,9,30,26,900,18000,410000);
INSERT INTO series VALUES(4,1,0,'app1',1,1,4026531840,29333333);
INSERT INTO hour VALUES(29333220,4,5,8,90,85,NULL,NULL,NULL);
COMMIT;
