import type {
  AppHomeOpenedEvent, AppMentionEvent, AppUninstalledEvent, HomeView, KnownBlock, MessageEvent, MessageMetadata,
  ModalView, TokensRevokedEvent,
} from "@slack/types";

export interface Root {
  block: KnownBlock;
  home: HomeView;
  modal: ModalView;
  metadata: MessageMetadata;
  message: MessageEvent;
  app_mention: AppMentionEvent;
  app_home_opened: AppHomeOpenedEvent;
  app_uninstalled: AppUninstalledEvent;
  tokens_revoked: TokensRevokedEvent;
}
