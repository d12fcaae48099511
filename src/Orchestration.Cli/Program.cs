using Orchestration.Cli;

return await CommandLine.RunAsync(args);
