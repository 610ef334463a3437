-- A plant of this release that kept its raw readings for another time than the standard.
insert into setting (key, value) values ('retention', '{"readingDays": 45, "logDays": 20}');
