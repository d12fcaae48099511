using System.CommandLine;
using System.Globalization;
using Orchestration.Core;
using Orchestration.Learning.Valuing;

namespace Orchestration.Cli.Routing;

/// <summary>The options of <c>route eval</c> that speak of a ledger.</summary>
internal sealed class LedgerOptions
{
    private readonly Option<string[]> _ledger = new("--ledger")
    {
        Description = "Values policies from logged decisions: files of JSON lines as 'route export' writes them, or a store.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<double> _leastEffective = new("--least-effective") { Description = "With --ledger: effective decisions below which no value is given.", DefaultValueFactory = _ => 50 };

    public void AddTo(Command command)
    {
        command.Options.Add(_ledger);
        command.Options.Add(_leastEffective);
    }

    /// <summary>The files or the store; null where no ledger was asked about.</summary>
    public string[]? Ledger(ParseResult parsed) => parsed.GetValue(_ledger) is { Length: > 0 } ledger ? ledger : null;

    /// <summary>How values are made.</summary>
    public ValueOptions Values(ParseResult parsed, int folds, ulong seed)
    {
        var least = parsed.GetValue(_leastEffective);
        if (!(least >= 1 && double.IsFinite(least))) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--least-effective {least}: 1 or more."));
        return new ValueOptions { Folds = folds, Seed = seed, LeastEffective = least };
    }
}
