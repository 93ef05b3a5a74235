BEGIN TRANSACTION;
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	run VARCHAR(40) NOT NULL, 
	segment VARCHAR(80) NOT NULL, 
	render_key VARCHAR(64) NOT NULL, 
	provider VARCHAR(80) NOT NULL, 
	model VARCHAR(200) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	message TEXT, 
	started DATETIME NOT NULL, 
	finished DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE TABLE holds (
	id INTEGER NOT NULL, 
	run VARCHAR(40) NOT NULL, 
	item VARCHAR(80) NOT NULL, 
	provider VARCHAR(300) NOT NULL, 
	micro_usd BIGINT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
INSERT INTO "holds" VALUES(1,'20261101-101010-aaaaaa','s02','runway:veo3.1_fast',600000,'2026-11-01 10:11:12.255306');
INSERT INTO "holds" VALUES(2,'20261101-101010-aaaaaa','k01','openai:gpt-image-2',50000,'2026-11-01 10:11:12.271497');
CREATE TABLE job_steps (
	id INTEGER NOT NULL, 
	job INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	message TEXT, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(job) REFERENCES jobs (id)
);
INSERT INTO "job_steps" VALUES(1,1,'intent',NULL,'2026-11-01 10:11:12.172671');
INSERT INTO "job_steps" VALUES(2,1,'submitted',NULL,'2026-11-01 10:11:12.203228');
INSERT INTO "job_steps" VALUES(3,1,'succeeded',NULL,'2026-11-01 10:11:12.222349');
INSERT INTO "job_steps" VALUES(4,1,'verified',NULL,'2026-11-01 10:11:12.243374');
INSERT INTO "job_steps" VALUES(5,2,'intent',NULL,'2026-11-01 10:11:12.255945');
INSERT INTO "job_steps" VALUES(6,2,'unknown','the answer is lost','2026-11-01 10:11:12.257997');
CREATE TABLE jobs (
	id INTEGER NOT NULL, 
	run VARCHAR(40) NOT NULL, 
	segment VARCHAR(80) NOT NULL, 
	"index" INTEGER NOT NULL, 
	render_key VARCHAR(64) NOT NULL, 
	provider VARCHAR(80) NOT NULL, 
	model VARCHAR(200) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	remote_id TEXT, 
	extra TEXT NOT NULL, 
	prompt TEXT NOT NULL, 
	seed_sent VARCHAR(20), 
	seed_returned VARCHAR(20), 
	hold INTEGER, 
	held_micro_usd BIGINT NOT NULL, 
	micro_usd BIGINT, 
	code TEXT, 
	message TEXT, 
	facts TEXT NOT NULL, 
	file TEXT, 
	file_sha256 VARCHAR(64), 
	created DATETIME NOT NULL, 
	submitted DATETIME, 
	changed DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
INSERT INTO "jobs" VALUES(1,'20261101-101010-aaaaaa','s01',0,'1111111111111111111111111111111111111111111111111111111111111111','runway','veo3.1_fast','verified','task-1','{}','A heron.','7',NULL,NULL,600000,500000,NULL,NULL,'{}',NULL,NULL,'2026-11-01 10:11:12.172671',NULL,'2026-11-01 10:11:12.243374');
INSERT INTO "jobs" VALUES(2,'20261101-101010-aaaaaa','s02',0,'2222222222222222222222222222222222222222222222222222222222222222','runway','veo3.1_fast','unknown',NULL,'{}','A heron.','7',NULL,1,600000,NULL,NULL,'the answer is lost','{}',NULL,NULL,'2026-11-01 10:11:12.255945',NULL,'2026-11-01 10:11:12.257997');
CREATE TABLE runs (
	id VARCHAR(40) NOT NULL, 
	command TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	message TEXT, 
	started DATETIME NOT NULL, 
	finished DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('20261101-101010-aaaaaa','longvid render plan.json','/','running',NULL,'2026-11-01 10:10:10.000000',NULL);
CREATE TABLE segments (
	run VARCHAR(40) NOT NULL, 
	id VARCHAR(80) NOT NULL, 
	"index" INTEGER NOT NULL, 
	render_key VARCHAR(64) NOT NULL, 
	outcome VARCHAR(16) NOT NULL, 
	clip_sha256 VARCHAR(64), 
	PRIMARY KEY (run, id), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE TABLE spend (
	id INTEGER NOT NULL, 
	run VARCHAR(40) NOT NULL, 
	segment VARCHAR(80) NOT NULL, 
	provider VARCHAR(80) NOT NULL, 
	micro_usd BIGINT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
INSERT INTO "spend" VALUES(1,'20261101-101010-aaaaaa','k00','openai:gpt-image-2',40000,'2026-11-01 10:11:12.155047');
INSERT INTO "spend" VALUES(2,'20261101-101010-aaaaaa','s01','runway:veo3.1_fast',500000,'2026-11-01 10:11:12.222349');
CREATE INDEX attempts_by_key ON attempts (render_key);
CREATE INDEX jobs_by_key ON jobs (render_key);
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX job_steps_by_job ON job_steps (job);
COMMIT;
