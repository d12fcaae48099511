using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Spending;

namespace Orchestration.Cli.Pairs;

/// <summary>
/// What commands that buy one thing many times have in common: options, the price before anything is bought, a cap, and work that stops at Ctrl-C with what is under way finished and stored.
/// </summary>
internal sealed class Purchasing
{
    private readonly Option<decimal?> _maxCost = new("--max-cost") { Description = "Stop before this many US dollars are spent, earlier runs of the same command counted (exit status 3; run again with more)." };
    private readonly Option<int?> _concurrency = new("--concurrency") { Description = "Calls in flight at once; default: the deployment's own." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be bought and what it would cost at most, and buy nothing." };
    private readonly Option<string?> _store = SweepCommands.StoreOption();

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _maxCost, _concurrency, _dryRun, _store }) command.Options.Add(option);
    }

    public string? Store(ParseResult parsed) => parsed.GetValue(_store);

    public int? Concurrency(ParseResult parsed) => parsed.GetValue(_concurrency) is not { } calls ? null : calls >= 1 ? calls : throw new OrchestrationException(ErrorCodes.Usage, "--concurrency: 1 or more.");

    /// <summary>Refuses a cap or a dry run where nothing is bought: whoever states one believes that something is.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option that would buy.</param>
    public void RefuseWithout(ParseResult parsed, string option)
    {
        foreach (var stated in new Option[] { _maxCost, _concurrency, _dryRun })
        {
            if (parsed.GetResult(stated) is { Implicit: false }) throw new OrchestrationException(ErrorCodes.Usage, $"{stated.Name} is about what {option} buys, and there is no {option}.");
        }
    }

    /// <summary>Says what will be bought; false where that was all that was asked for.</summary>
    /// <param name="context">Where it is said.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="host">Store and configuration.</param>
    /// <param name="deployment">The deployment's name.</param>
    /// <param name="what">Such as <c>24 answers</c>.</param>
    /// <param name="boundUsd">Upper bound of all of it; null without prices.</param>
    /// <param name="payer">Who pays.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<bool> BeginAsync(CliContext context, ParseResult parsed, EmbeddedHost host, string deployment, string what, decimal? boundUsd, string payer, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_maxCost) is { } cap)
        {
            if (cap < 0) throw new OrchestrationException(ErrorCodes.Usage, "--max-cost: 0 or more.");
            if (boundUsd is null) throw new OrchestrationException(ErrorCodes.Usage, $"--max-cost cannot be kept: deployment '{deployment}' has no prices. Add 'prices' to it in the configuration (0 for a model of your own).");
        }

        await context.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{what} of '{deployment}', those in the store not bought again{(boundUsd is { } bound ? $"; at most ${bound:0.00####} if none is there and none is repeated" : "; no prices are configured")}"));
        if (parsed.GetValue(_dryRun)) return false;
        await host.Store.Spending.SetCapAsync(payer, parsed.GetValue(_maxCost), cancellationToken);
        return true;
    }

    /// <summary>What was spent so far, in a sentence.</summary>
    public static async Task<string> SpentAsync(EmbeddedHost host, string payer)
    {
        var status = await host.Store.Spending.StatusAsync(payer, CancellationToken.None);
        return string.Create(CultureInfo.InvariantCulture, $"${status.SettledUsd:0.00####} spent{(status.UnknownUsd == 0 ? "" : $", ${status.UnknownUsd:0.00####} unknown")} (payer {payer})");
    }

    /// <summary>Writes lines to a file that is there whole or not at all.</summary>
    public static async Task WriteAsync(string path, IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var draft = full + ".part";
        await File.WriteAllTextAsync(draft, string.Concat(lines.Select(static l => l + "\n")), new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellationToken);
        File.Move(draft, full, overwrite: true);
    }
}
