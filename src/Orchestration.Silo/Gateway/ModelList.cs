using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orchestration.Silo.Gateway.Errors;

namespace Orchestration.Silo.Gateway;

/// <summary><c>GET /v1/models</c>: the policies and the experts, as OpenAI lists models.</summary>
internal static class ModelList
{
    public static Task ListAsync(HttpContext http, GatewaySetup? setup, GatewayCaller caller)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            foreach (var model in setup?.Models ?? [])
            {
                if (caller.May(model)) Write(json, model, setup!);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return SendAsync(http, body);
    }

    public static Task ShowAsync(HttpContext http, GatewaySetup? setup, GatewayCaller caller, string model)
    {
        if (setup is null || !setup.Models.Contains(model, StringComparer.Ordinal) || !caller.May(model))
            return new GatewayError(StatusCodes.Status404NotFound, GatewayError.InvalidRequest, "model_not_found", $"No policy or expert is called '{model}'. GET /v1/models lists them.") { Parameter = "model" }.SendAsync(http.Response, http.RequestAborted);
        var body = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(body)) Write(json, model, setup);
        return SendAsync(http, body);
    }

    private static void Write(Utf8JsonWriter json, string model, GatewaySetup setup)
    {
        var expert = setup.Experts.FirstOrDefault(e => e.Name == model);
        json.WriteStartObject();
        json.WriteString("id"u8, model);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, 0);
        json.WriteString("owned_by"u8, expert is null ? "orchestration" : expert.Config.Family.Length > 0 ? expert.Config.Family : expert.Deployment.Name);
        json.WriteEndObject();
    }

    private static async Task SendAsync(HttpContext http, ArrayBufferWriter<byte> body)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }
}
