// ClockworkService
