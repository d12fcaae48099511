using System.Buffers;
using System.Security.Cryptography;

namespace Orchestration.Core.Batches;

/// <summary>A file in the making: the lines of one deployment's next batch. At most one file a deployment is in memory.</summary>
internal sealed class BatchFile(IBatchDeployment deployment)
{
    private readonly List<(int End, decimal BoundUsd)> _lines = [];
    private readonly ArrayBufferWriter<byte> _line = new();
    private ArrayBufferWriter<byte> _content = new();

    public IBatchDeployment Deployment { get; } = deployment;

    public int Lines => _lines.Count;

    /// <summary>Most lines; lowered where the endpoint says that its queue is full.</summary>
    public int MaxLines { get; set; } = deployment.Options.MaxRequests;

    /// <summary>Adds a call; false where the file is full.</summary>
    public bool TryAdd(BatchCall call)
    {
        if (_lines.Count >= MaxLines) return false;
        _line.ResetWrittenCount();
        Deployment.WriteLine(_line, call.Mark.ToString(), call.Request);
        if (_lines.Count > 0 && _content.WrittenCount + _line.WrittenCount > Deployment.Options.MaxBytes) return false;
        _content.Write(_line.WrittenSpan);
        _lines.Add((_content.WrittenCount, call.BoundUsd ?? 0));
        return true;
    }

    /// <summary>How many of the first lines have bounds that fit into an amount.</summary>
    public int Fitting(decimal roomUsd)
    {
        var sum = 0m;
        for (var i = 0; i < _lines.Count; i++)
        {
            sum += _lines[i].BoundUsd;
            if (sum > roomUsd) return i;
        }

        return _lines.Count;
    }

    public decimal BoundUsd(int lines) => _lines.Take(lines).Sum(static line => line.BoundUsd);

    public decimal LargestBoundUsd(int lines) => _lines.Take(lines).Select(static line => line.BoundUsd).DefaultIfEmpty(0).Max();

    public ReadOnlyMemory<byte> Content(int lines) => _content.WrittenMemory[..(lines == 0 ? 0 : _lines[lines - 1].End)];

    /// <summary>Hash of the first lines.</summary>
    public string Hash(int lines) => Convert.ToHexStringLower(SHA256.HashData(Content(lines).Span)[..16]);

    /// <summary>Takes the first lines out.</summary>
    public void Drop(int lines)
    {
        if (lines == 0) return;
        var end = _lines[lines - 1].End;
        var rest = new ArrayBufferWriter<byte>(Math.Max(256, _content.WrittenCount - end));
        rest.Write(_content.WrittenSpan[end..]);
        _content = rest;
        _lines.RemoveRange(0, lines);
        for (var i = 0; i < _lines.Count; i++) _lines[i] = _lines[i] with { End = _lines[i].End - end };
    }
}
