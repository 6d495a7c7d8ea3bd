-- For wrk: COUNT schedules in all, each with a key of its own and due at once, then nothing more.
local threads = {}

function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

function init(args)
    count = tonumber(args[1])
    sent = 0
    accepted = 0
    refused = 0
    -- wrk asks the first thread for one request that it does not send.
    isRehearsal = number == 0
end

function request()
    if isRehearsal then
        isRehearsal = false
        return wrk.format("GET", "/health/live")
    end
    if sent >= count then
        return wrk.format("GET", "/health/live")
    end
    sent = sent + 1
    local key = number .. "-" .. sent
    local body = '{"clientId":"bench","scheduleKey":"' .. key .. '","orderingKey":"customer-' .. sent % 500
        .. '","taskData":"' .. string.rep("x", 200) .. '","delivery":{"topic":"out"},"scheduleTime":0}'
    return wrk.format("POST", "/schedule", { ["Content-Type"] = "application/json" }, body)
end

function response(status)
    if status == 202 then
        accepted = accepted + 1
    elseif status ~= 200 then
        refused = refused + 1
    end
    if accepted + refused >= count then
        wrk.thread:stop()
    end
end

function done()
    local accepted, refused = 0, 0
    for _, thread in ipairs(threads) do
        accepted = accepted + thread:get("accepted")
        refused = refused + thread:get("refused")
    end
    io.write(string.format("accepted %d, refused %d\n", accepted, refused))
end
