-- An agent's own rate names the connection by its id: a name may change, and its rates priced nothing then. Where a rate was
-- given under both, the one under the id counted. A connection's name may hold ":", an agent's id none.
DELETE FROM "rate" r USING "connection" c, "rate" o
 WHERE r."scope" = 'agent' AND c."name" = substring(r."key" from '^(.*):[^:]*$')
   AND NOT EXISTS (SELECT 1 FROM "connection" i WHERE i."id"::text = c."name")
   AND o."scope" = 'agent' AND o."key" = c."id" || substring(r."key" from ':[^:]*$') AND o."valid_from" = r."valid_from";

UPDATE "rate" r SET "key" = c."id" || substring(r."key" from ':[^:]*$') FROM "connection" c
 WHERE r."scope" = 'agent' AND c."name" = substring(r."key" from '^(.*):[^:]*$')
   AND NOT EXISTS (SELECT 1 FROM "connection" i WHERE i."id"::text = c."name");
