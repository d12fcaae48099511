using System.CommandLine;
using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;

namespace Orchestration.Cli.Endpoint;

/// <summary><c>orchestrate endpoint</c>: the scripted model endpoint, for trying everything without a key.</summary>
internal static class EndpointCommand
{
    /// <summary>What the endpoint charges, and what <see cref="Configuration"/> says it does.</summary>
    private static readonly TokenPrices Prices = new(0.40m, 0.10m, 1.60m, 1.60m);

    public static Command Create(CliContext context)
    {
        var port = new Option<int>("--port") { Description = "Port on loopback; 0 for a free one.", DefaultValueFactory = _ => 8089 };
        var latency = new Option<int>("--latency-ms") { Description = "Time from request to reply.", DefaultValueFactory = _ => 50 };
        var streamPause = new Option<int>("--stream-pause-ms") { Description = "Pause between the events of a stream." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of replies and faults.", DefaultValueFactory = _ => 1UL };
        var fault = new Option<string[]>("--fault") { Description = $"A fault and its share of calls, such as ServerError=0.05. Known: {string.Join(", ", Enum.GetNames<ScriptedFault>().Skip(1))}.", AllowMultipleArgumentsPerToken = true };
        var batchSeconds = new Option<double>("--batch-seconds") { Description = "Time from a batch's creation to its end.", DefaultValueFactory = _ => 10 };
        var bias = new Option<string[]>("--bias") { Description = $"What sways the judges, and by how much of their quality (0 to 1), such as authority=0.2. Known: position, {string.Join(", ", ScriptedBiases.Names)}.", AllowMultipleArgumentsPerToken = true };
        var afterRevision = new Option<double>("--bias-after-revision") { Description = "Share of it that is left when a judge is shown its judgment to revise.", DefaultValueFactory = _ => 1 };
        var dimensions = new Option<int>("--embedding-dimensions") { Description = "Numbers of an embedding (/embeddings) whose call states none.", DefaultValueFactory = _ => 64 };
        var limits = new EndpointLimitOptions();
        var command = new Command("endpoint", "A scripted, OpenAI-compatible endpoint on loopback: judges answer by rule, so that everything can be tried without a key or a model.")
        {
            port, latency, streamPause, seed, fault, batchSeconds, bias, afterRevision, dimensions,
        };
        limits.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var biases = ParseBiases(parsed.GetValue(bias) ?? []);
            if (parsed.GetValue(afterRevision) is not (>= 0 and <= 1)) throw new OrchestrationException(ErrorCodes.Usage, "--bias-after-revision: write a share from 0 to 1.");
            if (parsed.GetValue(dimensions) is < 1 or > 4096) throw new OrchestrationException(ErrorCodes.Usage, "--embedding-dimensions: 1 to 4096.");
            await using var endpoint = await ScriptedEndpoint.StartAsync(
                new ScriptedEndpointOptions
                {
                    Port = parsed.GetValue(port),
                    Latency = TimeSpan.FromMilliseconds(parsed.GetValue(latency)),
                    StreamPause = TimeSpan.FromMilliseconds(parsed.GetValue(streamPause)),
                    Seed = parsed.GetValue(seed),
                    Prices = Prices,
                    Faults = ParseFaults(parsed.GetValue(fault) ?? []),
                    PositionBias = biases.GetValueOrDefault("position"),
                    Biases = biases,
                    EmbeddingDimensions = parsed.GetValue(dimensions),
                    BiasAfterRevision = parsed.GetValue(afterRevision),
                    Limits = limits.Read(parsed),
                    Batches = new ScriptedBatches { Duration = Seconds(parsed.GetValue(batchSeconds)) },
                },
                context.Time,
                cancellationToken);
            await context.Out.WriteLineAsync($"listening at {endpoint.ChatEndpoint} (Ctrl-C ends it)");
            await context.Out.WriteLineAsync("in orchestration.yaml:");
            await context.Out.WriteLineAsync(Configuration(endpoint.ChatEndpoint));
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Ended as asked.
            }

            await ReportAsync(context.Out, endpoint);
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>A configuration with the endpoint as deployment <c>local</c>.</summary>
    public static string Configuration(Uri endpoint) => $$"""
        deployments:
          local:
            endpoint: {{endpoint}}
            model: scripted-judge
            prices: {input: 0.40, cached: 0.10, output: 1.60, reasoning: 1.60}
            limits: {concurrency: 64}
        """;

    private static async Task ReportAsync(TextWriter output, ScriptedEndpoint endpoint)
    {
        var culture = CultureInfo.InvariantCulture;
        var seen = endpoint.Statistics();
        await output.WriteLineAsync(string.Create(culture,
            $"{seen.Requests:N0} requests, {seen.Delivered:N0} replies delivered whole, {seen.Usage.Input:N0} tokens in, {seen.Usage.Output:N0} out, ${seen.CostUsd:0.000000}, at most {seen.MaxConcurrent} at once"));
        if (seen.Batches > 0)
            await output.WriteLineAsync(string.Create(culture, $"{seen.Batches:N0} batches, {seen.BatchLines:N0} lines of them worked, {seen.BatchUsage.Input:N0} tokens in, {seen.BatchUsage.Output:N0} out, at half the price"));
        var arrivals = endpoint.Arrivals();
        if (arrivals.Count == 0) return;
        await output.WriteLineAsync(string.Create(culture, $"{seen.Limited:N0} answered 429 for a limit ({(double)seen.Limited / seen.Requests:P2})"));
        if (!arrivals.IsComplete) return;
        await output.WriteLineAsync(string.Create(culture,
            $"most in any 60 s: {arrivals.MostRequestsIn(TimeSpan.FromMinutes(1)):N0} requests, {arrivals.MostTokensIn(TimeSpan.FromMinutes(1)):N0} tokens as charged by the limit; in any second: {arrivals.MostRequestsIn(TimeSpan.FromSeconds(1)):N0} and {arrivals.MostTokensIn(TimeSpan.FromSeconds(1)):N0}"));
    }

    private static TimeSpan Seconds(double value) => value is >= 0 and <= 86_400
        ? TimeSpan.FromSeconds(value)
        : throw new OrchestrationException(ErrorCodes.Usage, "--batch-seconds: write a number from 0 to 86400.");

    private static Dictionary<string, double> ParseBiases(string[] texts)
    {
        var biases = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || !(text[..at] == "position" || ScriptedBiases.Names.Contains(text[..at])) || !double.TryParse(text[(at + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var strength) || strength is not (>= -1 and <= 1))
                throw new OrchestrationException(ErrorCodes.Usage, $"--bias {text}: write what sways the judges and by how much, from -1 to 1, such as authority=0.2. Known: position, {string.Join(", ", ScriptedBiases.Names)}.");
            biases[text[..at]] = strength;
        }

        return biases;
    }

    private static Dictionary<ScriptedFault, double> ParseFaults(string[] texts)
    {
        var faults = new Dictionary<ScriptedFault, double>();
        foreach (var text in texts)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || !Enum.TryParse<ScriptedFault>(text[..at], ignoreCase: true, out var fault)
                || !double.TryParse(text[(at + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var share) || share is < 0 or > 1)
                throw new OrchestrationException(ErrorCodes.Usage, $"--fault {text}: write a fault and its share of calls from 0 to 1, such as ServerError=0.05.");
            faults[fault] = share;
        }

        return faults;
    }
}
