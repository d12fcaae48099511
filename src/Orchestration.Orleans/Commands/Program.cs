using Orchestration.Orleans.Commands;

return await OrleansProgram.RunAsync(args, "orchestrate-orleans");
