-- A file of layout 2, as the store wrote it before there was the table intake_log.
BEGIN TRANSACTION;
CREATE TABLE key_record (
    client TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    partition INTEGER NOT NULL,
    time INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    request_offset INTEGER NOT NULL,
    ordering_key TEXT NOT NULL,
    target TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    attempt INTEGER,
    create_time INTEGER,
    failure TEXT,
    PRIMARY KEY (client, key)
) WITHOUT ROWID, STRICT;
INSERT INTO "key_record" VALUES('shop','100% failed','FAILED',3,1700000000000,9,9,'customer-9','topic:orders',1700604800,NULL,NULL,NULL);
INSERT INTO "key_record" VALUES('shop','bytes','LATEST',3,1700000100000,41,41,'customer-41','topic:orders',1700604900,NULL,NULL,NULL);
INSERT INTO "key_record" VALUES('shop','callback','LATEST',3,1700000200000,1000,1000,'customer-1000','callback:{"url":"https://example.com:8443/hook?a=b","method":"PUT","headers":{"X-Any":"a \"quoted\" \\ value"},"timeoutMs":2500,"retry":{"maxAttempts":5,"initialBackoffMs":1000,"maxBackoffMs":3600000},"ordered":true}',1700605000,NULL,NULL,NULL);
INSERT INTO "key_record" VALUES('shop','cancelled','CANCELLED',3,1700000000000,8,99,'customer-8','topic:orders',1700604800,NULL,NULL,NULL);
INSERT INTO "key_record" VALUES('shop','delivered#1','LATEST',3,1700000000000,7,7,'customer-7','topic:orders',1700604800,NULL,NULL,NULL);
INSERT INTO "key_record" VALUES('shop','null','LATEST',3,1700000100000,42,42,'customer-42','topic:orders',1700604900,NULL,NULL,NULL);
INSERT INTO "key_record" VALUES('shop','retry','LATEST',3,1700000300000,12,12,'customer-12','callback:{"url":"https://example.com:8443/hook?a=b","method":"PUT","headers":{"X-Any":"a \"quoted\" \\ value"},"timeoutMs":2500,"retry":{"maxAttempts":5,"initialBackoffMs":1000,"maxBackoffMs":3600000},"ordered":true}',1700605100,3,1700000050000,'answered 503');
CREATE TABLE progress (
    partition INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    executed_up_to INTEGER,
    pending_resident INTEGER NOT NULL,
    committed_offset INTEGER,
    updated_at INTEGER NOT NULL
) STRICT;
INSERT INTO "progress" VALUES(3,'pod-1',17,1700000000000,4,1001,1700000000500);
INSERT INTO "progress" VALUES(11,'pod-2',18,NULL,0,NULL,1700000000600);
CREATE TABLE timeline (
    partition INTEGER NOT NULL,
    time INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    client TEXT NOT NULL,
    key TEXT NOT NULL,
    ordering_key TEXT NOT NULL,
    target TEXT NOT NULL,
    payload BLOB,
    headers BLOB NOT NULL,
    attempt INTEGER,
    create_time INTEGER,
    failure TEXT,
    PRIMARY KEY (partition, time, "offset")
) WITHOUT ROWID, STRICT;
INSERT INTO "timeline" VALUES(3,1700000100000,41,'shop','bytes','customer-41','topic:orders',X'00FF0A2722',X'0B0000007472616365706172656E743700000030302D30616637363531393136636434336464383434386562323131633830333139632D623761643662373136393230333333312D303105000000656D70747900000000040000006E756C6CFFFFFFFF',NULL,NULL,NULL);
INSERT INTO "timeline" VALUES(3,1700000100000,42,'shop','null','customer-42','topic:orders',NULL,X'',NULL,NULL,NULL);
INSERT INTO "timeline" VALUES(3,1700000200000,1000,'shop','callback','customer-1000','callback:{"url":"https://example.com:8443/hook?a=b","method":"PUT","headers":{"X-Any":"a \"quoted\" \\ value"},"timeoutMs":2500,"retry":{"maxAttempts":5,"initialBackoffMs":1000,"maxBackoffMs":3600000},"ordered":true}',X'7B2261223A317D',X'',NULL,NULL,NULL);
INSERT INTO "timeline" VALUES(3,1700000300000,12,'shop','retry','customer-12','callback:{"url":"https://example.com:8443/hook?a=b","method":"PUT","headers":{"X-Any":"a \"quoted\" \\ value"},"timeoutMs":2500,"retry":{"maxAttempts":5,"initialBackoffMs":1000,"maxBackoffMs":3600000},"ordered":true}',X'',X'',3,1700000050000,'answered 503');
COMMIT;
PRAGMA user_version = 2;
