// DynamoDB
