using Orchestration.Orleans.Azure;
using Orchestration.Orleans.Commands;

return await OrleansProgram.RunAsync(args, "orchestrate-orleans-azure", AzurePlace.Place);
