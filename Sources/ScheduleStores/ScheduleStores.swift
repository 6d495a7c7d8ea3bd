// ScheduleStores
