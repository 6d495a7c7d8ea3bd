/// The API's description, served at `/openapi.json`: the text of `docs/openapi.json`, which a test holds it to.
enum OpenAPIDocument {
    static let text = #"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "Clockwork",
            "version": "1.0.0",
            "description": "Delivers payloads to Kafka topics and URLs at the time they are scheduled for.",
            "license": {
              "name": "Apache-2.0",
              "identifier": "Apache-2.0"
            }
          },
          "security": [
            {},
            {
              "bearer": []
            }
          ],
          "paths": {
            "/schedule": {
              "post": {
                "operationId": "createSchedule",
                "summary": "Create or replace a schedule, or a stream of them.",
                "parameters": [
                  {
                    "name": "Prefer",
                    "in": "header",
                    "required": false,
                    "schema": {
                      "type": "string"
                    },
                    "description": "wait=N (RFC 7240): waits up to N seconds, at most 30, for the owner to apply the request.",
                    "example": "wait=1"
                  },
                  {
                    "$ref": "#/components/parameters/Traceparent"
                  },
                  {
                    "$ref": "#/components/parameters/Tracestate"
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "anyOf": [
                          {
                            "$ref": "#/components/schemas/Create"
                          },
                          {
                            "allOf": [
                              {
                                "$ref": "#/components/schemas/Cancel"
                              },
                              {
                                "type": "object",
                                "required": [
                                  "action"
                                ]
                              }
                            ]
                          }
                        ]
                      }
                    },
                    "application/x-ndjson": {
                      "schema": {
                        "type": "string",
                        "description": "One request a line, each of up to 1 MiB, any number of them."
                      }
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "For a stream: one line for each line of the request, an Accepted or a Problem. With Prefer: wait on a cancel: cancelled.",
                    "headers": {
                      "Preference-Applied": {
                        "schema": {
                          "type": "string"
                        }
                      }
                    },
                    "content": {
                      "application/x-ndjson": {
                        "schema": {
                          "type": "string"
                        }
                      },
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Applied"
                        }
                      }
                    }
                  },
                  "201": {
                    "description": "With Prefer: wait: stored.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Applied"
                        }
                      }
                    },
                    "headers": {
                      "Preference-Applied": {
                        "schema": {
                          "type": "string"
                        }
                      }
                    }
                  },
                  "202": {
                    "description": "The intake has the request.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Accepted"
                        }
                      }
                    }
                  },
                  "404": {
                    "$ref": "#/components/responses/Unknown"
                  },
                  "409": {
                    "$ref": "#/components/responses/NotPending"
                  },
                  "413": {
                    "$ref": "#/components/responses/TooLarge"
                  },
                  "400": {
                    "$ref": "#/components/responses/Invalid"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  }
                }
              },
              "delete": {
                "operationId": "cancelSchedule",
                "summary": "Cancel a schedule.",
                "parameters": [
                  {
                    "name": "Prefer",
                    "in": "header",
                    "required": false,
                    "schema": {
                      "type": "string"
                    },
                    "description": "wait=N (RFC 7240): waits up to N seconds, at most 30, for the owner to apply the request.",
                    "example": "wait=1"
                  },
                  {
                    "$ref": "#/components/parameters/Traceparent"
                  },
                  {
                    "$ref": "#/components/parameters/Tracestate"
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/Cancel"
                      }
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "With Prefer: wait: cancelled.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Applied"
                        }
                      }
                    },
                    "headers": {
                      "Preference-Applied": {
                        "schema": {
                          "type": "string"
                        }
                      }
                    }
                  },
                  "202": {
                    "description": "The intake has the request.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Accepted"
                        }
                      }
                    }
                  },
                  "404": {
                    "$ref": "#/components/responses/Unknown"
                  },
                  "409": {
                    "$ref": "#/components/responses/NotPending"
                  },
                  "400": {
                    "$ref": "#/components/responses/Invalid"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "413": {
                    "$ref": "#/components/responses/TooLarge"
                  }
                }
              }
            },
            "/schedule/{clientId}/{scheduleKey}": {
              "parameters": [
                {
                  "name": "clientId",
                  "in": "path",
                  "required": true,
                  "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 128,
                    "description": "The client the key belongs to, 1 to 128 bytes of UTF-8."
                  }
                },
                {
                  "name": "scheduleKey",
                  "in": "path",
                  "required": true,
                  "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 512,
                    "description": "Unique for the client, 1 to 512 bytes of UTF-8."
                  }
                }
              ],
              "get": {
                "operationId": "readSchedule",
                "summary": "Where a schedule stands.",
                "responses": {
                  "200": {
                    "description": "The latest create of the key.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Schedule"
                        }
                      }
                    }
                  },
                  "404": {
                    "$ref": "#/components/responses/Unknown"
                  },
                  "400": {
                    "$ref": "#/components/responses/Invalid"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  }
                }
              },
              "delete": {
                "operationId": "cancelScheduleByPath",
                "summary": "Cancel a schedule.",
                "parameters": [
                  {
                    "name": "Prefer",
                    "in": "header",
                    "required": false,
                    "schema": {
                      "type": "string"
                    },
                    "description": "wait=N (RFC 7240): waits up to N seconds, at most 30, for the owner to apply the request.",
                    "example": "wait=1"
                  },
                  {
                    "$ref": "#/components/parameters/Traceparent"
                  },
                  {
                    "$ref": "#/components/parameters/Tracestate"
                  }
                ],
                "responses": {
                  "200": {
                    "description": "With Prefer: wait: cancelled.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Applied"
                        }
                      }
                    },
                    "headers": {
                      "Preference-Applied": {
                        "schema": {
                          "type": "string"
                        }
                      }
                    }
                  },
                  "202": {
                    "description": "The intake has the request.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Accepted"
                        }
                      }
                    }
                  },
                  "404": {
                    "$ref": "#/components/responses/Unknown"
                  },
                  "409": {
                    "$ref": "#/components/responses/NotPending"
                  },
                  "400": {
                    "$ref": "#/components/responses/Invalid"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  }
                }
              }
            },
            "/partitions": {
              "get": {
                "operationId": "readPartitions",
                "summary": "How far the owner of each partition has come.",
                "responses": {
                  "200": {
                    "description": "One record for each partition.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "array",
                          "items": {
                            "$ref": "#/components/schemas/Progress"
                          }
                        }
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  }
                }
              }
            },
            "/health/live": {
              "get": {
                "operationId": "isLive",
                "summary": "Whether the process runs.",
                "security": [],
                "responses": {
                  "200": {
                    "description": "It runs.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Health"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/health/ready": {
              "get": {
                "operationId": "isReady",
                "summary": "Whether the pod has joined its group and reaches the store.",
                "security": [],
                "responses": {
                  "200": {
                    "description": "It is ready.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Health"
                        }
                      }
                    }
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  }
                }
              }
            },
            "/metrics": {
              "get": {
                "operationId": "readMetrics",
                "summary": "The metrics of the process, in Prometheus's text format.",
                "security": [],
                "responses": {
                  "200": {
                    "description": "The metrics.",
                    "content": {
                      "text/plain": {
                        "schema": {
                          "type": "string"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/openapi.json": {
              "get": {
                "operationId": "readOpenAPI",
                "summary": "This document.",
                "responses": {
                  "200": {
                    "description": "OpenAPI 3.1.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  }
                }
              }
            }
          },
          "components": {
            "parameters": {
              "Traceparent": {
                "name": "traceparent",
                "in": "header",
                "required": false,
                "schema": {
                  "type": "string"
                },
                "description": "W3C Trace Context: carried to the delivered record as a header. One that is not valid is ignored, and tracestate with it. Payload and carried headers count together.",
                "example": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
              },
              "Tracestate": {
                "name": "tracestate",
                "in": "header",
                "required": false,
                "schema": {
                  "type": "string"
                },
                "description": "W3C Trace Context: carried with a valid traceparent. More than 512 bytes, or what is not visible ASCII, is ignored.",
                "example": "vendor=value"
              }
            },
            "securitySchemes": {
              "bearer": {
                "type": "http",
                "scheme": "bearer"
              }
            },
            "schemas": {
              "Delivery": {
                "description": "Where the payload goes: to a topic or to a URL.",
                "oneOf": [
                  {
                    "$ref": "#/components/schemas/TopicDelivery"
                  },
                  {
                    "$ref": "#/components/schemas/Callback"
                  }
                ]
              },
              "TopicDelivery": {
                "type": "object",
                "required": [
                  "topic"
                ],
                "properties": {
                  "topic": {
                    "type": "string",
                    "pattern": "^(?!__)(?!\\.{1,2}$)[a-zA-Z0-9._-]{1,249}$",
                    "description": "An existing Kafka topic other than Clockwork's own."
                  }
                },
                "not": {
                  "required": [
                    "url"
                  ]
                },
                "description": "A Kafka topic."
              },
              "Callback": {
                "type": "object",
                "required": [
                  "url"
                ],
                "properties": {
                  "url": {
                    "type": "string",
                    "maxLength": 2048,
                    "pattern": "^https://[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?(:[1-9][0-9]{0,3})?(/[a-zA-Z0-9._~/?&=%+-]*)?$",
                    "description": "https://host[:port][/path][?query], without user and fragment; http:// where the service allows it."
                  },
                  "method": {
                    "enum": [
                      "GET",
                      "POST",
                      "PUT",
                      "PATCH",
                      "DELETE"
                    ],
                    "default": "POST"
                  },
                  "headers": {
                    "type": "object",
                    "maxProperties": 32,
                    "propertyNames": {
                      "pattern": "^[xX]-[a-z0-9-]{1,100}$"
                    },
                    "additionalProperties": {
                      "type": "string",
                      "maxLength": 4096,
                      "pattern": "^([!-~]([ -~]*[!-~])?)?$"
                    },
                    "description": "Header fields to send, each value at most 4096 bytes, at most 8192 bytes in all. Any name but those that the service sets, each once whatever its letter case."
                  },
                  "timeoutMs": {
                    "type": "integer",
                    "format": "int32",
                    "minimum": 1,
                    "maximum": 60000,
                    "default": 10000,
                    "description": "How long one attempt may take in all."
                  },
                  "retry": {
                    "type": "object",
                    "properties": {
                      "maxAttempts": {
                        "type": "integer",
                        "format": "int32",
                        "minimum": 1,
                        "maximum": 100,
                        "default": 8
                      },
                      "initialBackoffMs": {
                        "type": "integer",
                        "format": "int64",
                        "minimum": 1,
                        "maximum": 86400000,
                        "default": 1000
                      },
                      "maxBackoffMs": {
                        "type": "integer",
                        "format": "int64",
                        "minimum": 1,
                        "maximum": 86400000,
                        "default": 3600000
                      }
                    },
                    "description": "When a failed attempt is made again: after a pause drawn from 0 to the backoff, which doubles with each attempt."
                  },
                  "ordered": {
                    "type": "boolean",
                    "default": false,
                    "description": "Whether the next schedule of the ordering key to a URL waits until this one has succeeded or failed for good."
                  }
                },
                "not": {
                  "required": [
                    "topic"
                  ]
                },
                "description": "A URL that the payload is sent to."
              },
              "Create": {
                "type": "object",
                "description": "Deliver this, in place of what is pending for the key. Unknown members are ignored.",
                "required": [
                  "clientId",
                  "taskData",
                  "delivery",
                  "scheduleTime"
                ],
                "properties": {
                  "action": {
                    "const": "create"
                  },
                  "clientId": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 128,
                    "description": "The client the key belongs to, 1 to 128 bytes of UTF-8."
                  },
                  "scheduleKey": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 512,
                    "description": "Unique for the client, 1 to 512 bytes of UTF-8."
                  },
                  "scheduleId": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 512,
                    "description": "Another name for scheduleKey."
                  },
                  "orderingKey": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 1024,
                    "description": "Schedules with the same key are delivered in order; also the key of the delivered record. 1 to 1024 bytes of UTF-8; the scheduleKey where it is absent."
                  },
                  "taskData": {
                    "type": "string",
                    "description": "The payload, delivered as its UTF-8 bytes; up to MAX_PAYLOAD_BYTES of them."
                  },
                  "delivery": {
                    "$ref": "#/components/schemas/Delivery"
                  },
                  "scheduleTime": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0,
                    "maximum": 253402300799999,
                    "description": "Epoch milliseconds, UTC; written in plain digits, without fraction or exponent."
                  }
                },
                "oneOf": [
                  {
                    "required": [
                      "scheduleKey"
                    ],
                    "not": {
                      "required": [
                        "scheduleId"
                      ]
                    }
                  },
                  {
                    "required": [
                      "scheduleId"
                    ],
                    "not": {
                      "required": [
                        "scheduleKey"
                      ]
                    }
                  }
                ]
              },
              "Cancel": {
                "type": "object",
                "description": "Take back what is pending for the key. Without orderingKey the schedule is looked up first.",
                "required": [
                  "clientId"
                ],
                "properties": {
                  "action": {
                    "const": "cancel"
                  },
                  "clientId": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 128,
                    "description": "The client the key belongs to, 1 to 128 bytes of UTF-8."
                  },
                  "scheduleKey": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 512,
                    "description": "Unique for the client, 1 to 512 bytes of UTF-8."
                  },
                  "scheduleId": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 512,
                    "description": "Another name for scheduleKey."
                  },
                  "orderingKey": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 1024,
                    "description": "The ordering key of the create, 1 to 1024 bytes of UTF-8."
                  },
                  "taskData": {
                    "type": "string"
                  },
                  "delivery": {
                    "$ref": "#/components/schemas/Delivery"
                  },
                  "scheduleTime": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0,
                    "maximum": 253402300799999,
                    "description": "Epoch milliseconds, UTC; written in plain digits, without fraction or exponent."
                  }
                },
                "oneOf": [
                  {
                    "required": [
                      "scheduleKey"
                    ],
                    "not": {
                      "required": [
                        "scheduleId"
                      ]
                    }
                  },
                  {
                    "required": [
                      "scheduleId"
                    ],
                    "not": {
                      "required": [
                        "scheduleKey"
                      ]
                    }
                  }
                ]
              },
              "Accepted": {
                "type": "object",
                "description": "All in-sync replicas of the intake have the request.",
                "required": [
                  "clientId",
                  "scheduleKey",
                  "partition",
                  "offset"
                ],
                "properties": {
                  "clientId": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 128,
                    "description": "The client the key belongs to, 1 to 128 bytes of UTF-8."
                  },
                  "scheduleKey": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 512,
                    "description": "Unique for the client, 1 to 512 bytes of UTF-8."
                  },
                  "scheduleTime": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0,
                    "maximum": 253402300799999,
                    "description": "As requested; for a cancel only where the schedule was looked up."
                  },
                  "partition": {
                    "type": "integer",
                    "format": "int32",
                    "minimum": 0
                  },
                  "offset": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0
                  }
                }
              },
              "Applied": {
                "allOf": [
                  {
                    "$ref": "#/components/schemas/Accepted"
                  },
                  {
                    "type": "object",
                    "required": [
                      "status"
                    ],
                    "properties": {
                      "status": {
                        "type": "string",
                        "enum": [
                          "PENDING",
                          "EXECUTED",
                          "CANCELLED",
                          "FAILED"
                        ]
                      }
                    }
                  }
                ]
              },
              "Schedule": {
                "type": "object",
                "required": [
                  "clientId",
                  "scheduleKey",
                  "orderingKey",
                  "scheduleTime",
                  "delivery",
                  "status",
                  "partition",
                  "offset"
                ],
                "properties": {
                  "clientId": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 128,
                    "description": "The client the key belongs to, 1 to 128 bytes of UTF-8."
                  },
                  "scheduleKey": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 512,
                    "description": "Unique for the client, 1 to 512 bytes of UTF-8."
                  },
                  "orderingKey": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 1024,
                    "description": "Schedules with the same key are delivered in order; also the key of the delivered record. 1 to 1024 bytes of UTF-8; the scheduleKey where it is absent."
                  },
                  "scheduleTime": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0,
                    "maximum": 253402300799999,
                    "description": "Epoch milliseconds, UTC; written in plain digits, without fraction or exponent."
                  },
                  "delivery": {
                    "type": "object",
                    "description": "As in the create; of a callback every member, with *** for the values of headers."
                  },
                  "status": {
                    "type": "string",
                    "enum": [
                      "PENDING",
                      "EXECUTED",
                      "CANCELLED",
                      "FAILED"
                    ]
                  },
                  "partition": {
                    "type": "integer",
                    "format": "int32",
                    "minimum": 0
                  },
                  "offset": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0,
                    "description": "The intake offset of the latest create."
                  },
                  "attempt": {
                    "type": "integer",
                    "format": "int32",
                    "minimum": 1,
                    "description": "Of a callback: the number of the attempt that is pending, is being made, or was the last."
                  },
                  "nextAttemptTime": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0,
                    "description": "Of a pending callback: when that attempt is due, in epoch milliseconds."
                  },
                  "lastFailure": {
                    "type": "string",
                    "description": "Of a callback: why the latest failed attempt failed."
                  }
                }
              },
              "Progress": {
                "type": "object",
                "required": [
                  "partition",
                  "owner",
                  "epoch",
                  "executedUpTo",
                  "pendingResident",
                  "committedOffset",
                  "updatedAt"
                ],
                "properties": {
                  "partition": {
                    "type": "integer",
                    "format": "int32",
                    "minimum": 0
                  },
                  "owner": {
                    "type": "string",
                    "description": "The name of the owning pod."
                  },
                  "epoch": {
                    "type": "integer",
                    "format": "int64"
                  },
                  "executedUpTo": {
                    "type": [
                      "integer",
                      "null"
                    ],
                    "description": "The schedule time of the latest delivery."
                  },
                  "pendingResident": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "Schedules in memory."
                  },
                  "committedOffset": {
                    "type": [
                      "integer",
                      "null"
                    ],
                    "description": "The intake offset that is read next after a restart."
                  },
                  "updatedAt": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0,
                    "maximum": 253402300799999,
                    "description": "Epoch milliseconds, UTC; written in plain digits, without fraction or exponent."
                  }
                }
              },
              "Health": {
                "type": "object",
                "required": [
                  "status"
                ],
                "properties": {
                  "status": {
                    "const": "ok"
                  }
                }
              },
              "Problem": {
                "type": "object",
                "description": "RFC 9457.",
                "required": [
                  "type",
                  "title",
                  "status",
                  "detail",
                  "errors"
                ],
                "properties": {
                  "type": {
                    "type": "string",
                    "format": "uri"
                  },
                  "title": {
                    "type": "string"
                  },
                  "status": {
                    "type": "integer"
                  },
                  "detail": {
                    "type": "string"
                  },
                  "errors": {
                    "type": "array",
                    "description": "Every field that is wrong.",
                    "items": {
                      "type": "object",
                      "required": [
                        "field",
                        "message"
                      ],
                      "properties": {
                        "field": {
                          "type": "string"
                        },
                        "message": {
                          "type": "string"
                        }
                      }
                    }
                  },
                  "scheduleStatus": {
                    "type": "string",
                    "enum": [
                      "PENDING",
                      "EXECUTED",
                      "CANCELLED",
                      "FAILED"
                    ],
                    "description": "Where the schedule stands, when that is why."
                  }
                }
              }
            },
            "responses": {
              "Invalid": {
                "description": "The request breaks rules; every field that is wrong is named.",
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              },
              "Unauthorized": {
                "description": "No token, or a wrong one.",
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                },
                "headers": {
                  "WWW-Authenticate": {
                    "schema": {
                      "type": "string"
                    }
                  }
                }
              },
              "Unknown": {
                "description": "There is no such schedule.",
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              },
              "NotPending": {
                "description": "The request came too late; scheduleStatus tells where the schedule stands.",
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              },
              "TooLarge": {
                "description": "The request is too large.",
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              },
              "Unavailable": {
                "description": "Kafka or the store cannot be reached, or there are too many requests at one time.",
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                },
                "headers": {
                  "Retry-After": {
                    "schema": {
                      "type": "integer"
                    },
                    "description": "Seconds."
                  }
                }
              }
            }
          }
        }
        """#
}
